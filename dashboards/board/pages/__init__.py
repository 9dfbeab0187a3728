"""The pages, made with NiceGUI: each is built from a view once and then told only what changed. Texts are never HTML."""

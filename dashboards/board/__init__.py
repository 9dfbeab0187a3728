"""The board: built-in pages and an HTTP API over one read model (`room`), live in the browser, without any other service."""

"""One file a subcommand; each exports a click command named `command`, loaded when it is called."""

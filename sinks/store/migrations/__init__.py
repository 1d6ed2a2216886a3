"""The store's migrations, run by `open_store`."""

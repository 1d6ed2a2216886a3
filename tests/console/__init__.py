"""The console: pages, API, streams, and the people who use them."""

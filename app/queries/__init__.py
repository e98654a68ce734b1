"""Read models: frozen answers for pages, the API, exports and programs."""

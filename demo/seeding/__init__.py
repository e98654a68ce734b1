"""Filling a site with a demonstration to browse: people of every role, and cases at different stages."""

"""The doors of the heart: webhooks, the `/os` API, health."""

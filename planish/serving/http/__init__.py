"""What answers HTTP: protocols, limits, metrics, the page. Only `planish serve` imports it, and with it the web's
libraries."""

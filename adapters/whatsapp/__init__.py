"""WhatsApp: four providers, a simulated phone, and the chain that chooses among them."""

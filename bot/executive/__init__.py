"""What executives see: the state of the business with its colours, and the signed pack of each week."""

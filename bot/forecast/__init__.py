"""What will come in: frozen forecasts, targets, and how right the forecasts of closed periods were."""

"""What sellers and marketers hand out and say, made from the claims, the prices and the rules in force."""

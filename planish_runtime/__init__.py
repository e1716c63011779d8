"""Runs compiled models: `Model("model.plan").predict(images)`. NumPy is all that it needs."""

"""What can be asked of a model beside its predictions: activations, gradients, contributions, flatten maps."""

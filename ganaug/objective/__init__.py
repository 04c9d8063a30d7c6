"""What is minimised: losses, penalties, gradients, differentiable augmentation."""

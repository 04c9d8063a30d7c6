"""Networks with ImageNet weights that turn an image into a feature map."""

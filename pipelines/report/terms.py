"""The project's own words, explained in half a sentence where a reader first meets them."""

INSTANCE = "an instance is one draw of classes and images"
ARM = "an arm, one way to train on them"
SEEDS = "each the mean of {} trainings that differ in their seeds"
BANK = "a bank holds the generators of one instance"

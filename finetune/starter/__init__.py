"""The starter: our own tiny base model, its weights and the recipe that made them.

`python -m finetune.starter train --preset cpu` makes it, `python -m finetune.starter evaluate` measures it. It is a model
for trying, testing and teaching, not for work. Knows nothing of workspaces.
"""

from pathlib import Path

WEIGHTS = Path(__file__).parent / "weights"
"""The folder of the shipped model: safetensors, tokenizer, chat template and model card."""

"""The starter's shape, its tokenizer and its chat template.

An LFM2 (transformers' `Lfm2ForCausalLM`): short convolutions and attention in turn. A pure-attention Llama of this size
stalls before it learns to copy; the convolution hands every token its predecessors, which is half of an induction head.
Knows nothing of what it is trained on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Lfm2Config, Lfm2ForCausalLM, PreTrainedTokenizerFast

PAD, START, END = "<|pad|>", "<|im_start|>", "<|im_end|>"

# Every turn's text follows a space, so that a word has the same token at the start of an answer as inside a passage.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + ' ' + message['content'] | trim + '<|im_end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant' }}{% endif %}"
)

# A citation is one token, wherever it stands; digits stand alone, so that a number is copied digit by digit.
_PIECES = r"\[\d\]| ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\[\]]+|[\[\]]|\s"


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer on texts.

    Args:
        texts: What to learn the pieces from.
        vocabulary: How many tokens there are in all, the special ones included.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, model_max_length=2048
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def build(tokenizer: PreTrainedTokenizerFast, shape: dict[str, Any], seed: int) -> Lfm2ForCausalLM:
    """Build the untrained model.

    Args:
        tokenizer: Gives the vocabulary's size and the special tokens' ids.
        shape: `hidden`, `feed_forward`, `heads`, `layers` (pairs of convolution and attention).
        seed: Of the initial weights.
    """
    torch.manual_seed(seed)
    pad, start, end = (int(one) for one in tokenizer.convert_tokens_to_ids([PAD, START, END]))  # type: ignore[union-attr]
    config = Lfm2Config(
        vocab_size=len(tokenizer),
        hidden_size=shape["hidden"],
        intermediate_size=shape["feed_forward"],
        block_auto_adjust_ff_dim=False,
        num_hidden_layers=2 * shape["layers"],
        layer_types=["conv", "full_attention"] * shape["layers"],
        num_attention_heads=shape["heads"],
        num_key_value_heads=shape["heads"],
        conv_L_cache=4,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        pad_token_id=pad,
        bos_token_id=start,
        eos_token_id=end,
    )
    model = Lfm2ForCausalLM(config)
    model.generation_config.do_sample = False
    return model

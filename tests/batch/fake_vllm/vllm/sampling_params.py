"""What an answer is to look like."""

from dataclasses import dataclass


@dataclass
class StructuredOutputsParams:
    json: object = None
    json_object: bool = False
    choice: object = None

"""Trinary arithmetic: codecs, the hashes Curl-P-81 and Kerl, keys and signatures, proof of work.

Pure computation: no file, no message, no wallet. Begin with `codec`.
"""

from .codec import (
    ALPHABET,
    HASH_TRITS,
    HASH_TRYTES,
    TrytesError,
    bytes_to_trytes,
    int_to_trits,
    int_to_trytes,
    is_trytes,
    text_to_trytes,
    trits_to_int,
    trits_to_trytes,
    trytes_to_bytes,
    trytes_to_int,
    trytes_to_text,
    trytes_to_trits,
)
from .curl import Curl, curl_hash, trailing_zeros
from .kerl import Kerl, kerl_hash, kerl_hash_trytes
from .lanes import curl_hashes
from .signing import address_of, has_valid_checksum, is_insecure, normalize, signature_address, with_checksum
from .work import TRANSACTION_TRYTES, WorkCancelledError, with_nonce

__all__ = [
    "ALPHABET",
    "HASH_TRITS",
    "HASH_TRYTES",
    "TRANSACTION_TRYTES",
    "Curl",
    "Kerl",
    "TrytesError",
    "WorkCancelledError",
    "address_of",
    "bytes_to_trytes",
    "curl_hash",
    "curl_hashes",
    "has_valid_checksum",
    "int_to_trits",
    "int_to_trytes",
    "is_insecure",
    "is_trytes",
    "kerl_hash",
    "kerl_hash_trytes",
    "normalize",
    "signature_address",
    "text_to_trytes",
    "trailing_zeros",
    "trits_to_int",
    "trits_to_trytes",
    "trytes_to_bytes",
    "trytes_to_int",
    "trytes_to_text",
    "trytes_to_trits",
    "with_checksum",
    "with_nonce",
]

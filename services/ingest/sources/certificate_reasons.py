"""Why a camera's certificate is not trusted, in words for the user, whatever is spoken over TLS. Pure."""

import ssl
from typing import Final

NO_CA_FILE: Final = "The file of the certificate authority can't be read. Check CAMERA_RTSP_CA_FILE."
UNTRUSTED: Final = (
    "The camera's certificate can't be verified, so nothing was sent to it. Name the file of the authority that signed "
    "it, or of the certificate itself, in CAMERA_RTSP_CA_FILE."
)
WRONG_NAME: Final = (
    "The camera's certificate is for another name than the address has, so nothing was sent to it. Use the "
    "certificate's name in CAMERA_RTSP_URL, or set CAMERA_RTSP_TLS_VERIFY=false."
)
EXPIRED: Final = (
    "The camera's certificate has expired, so nothing was sent to it. Renew it in the camera, or set "
    "CAMERA_RTSP_TLS_VERIFY=false."
)
NOT_YET_VALID: Final = (
    "The camera's certificate is not valid yet, so nothing was sent to it. Set the clock: the camera's, or this "
    "machine's."
)
SELF_SIGNED: Final = (
    "The camera's certificate is signed by the camera itself, so nothing was sent to it. Save the certificate as a "
    "file and name that in CAMERA_RTSP_CA_FILE, or set CAMERA_RTSP_TLS_VERIFY=false on a network where you trust every "
    "device."
)
_BY_NUMBER: Final = {9: NOT_YET_VALID, 10: EXPIRED, 18: SELF_SIGNED, 62: WRONG_NAME, 64: WRONG_NAME}
"""OpenSSL's numbers (X509_V_ERR_…)."""


def untrusted(error: ssl.SSLCertVerificationError) -> str:
    return _BY_NUMBER.get(error.verify_code, UNTRUSTED)

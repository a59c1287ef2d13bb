/* The part of Apple's header of this name that OpenSSL needs. */
#ifndef COMMON_RANDOM_H
#define COMMON_RANDOM_H

#include <CommonCrypto/CommonCryptoError.h>
#include <stddef.h>

typedef CCCryptorStatus CCRNGStatus;
CCRNGStatus CCRandomGenerateBytes(void *bytes, size_t count);

#endif

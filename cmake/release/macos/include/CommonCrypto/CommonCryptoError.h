/* The part of Apple's header of this name that OpenSSL needs. */
#ifndef COMMON_CRYPTO_ERROR_H
#define COMMON_CRYPTO_ERROR_H

#include <stdint.h>

enum { kCCSuccess = 0 };
typedef int32_t CCCryptorStatus;

#endif

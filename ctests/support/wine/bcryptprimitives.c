/* The source of random numbers of Rust's standard library, for versions of wine without this DLL. */
#include <stddef.h>

unsigned char __stdcall SystemFunction036(void *bytes, unsigned long length); /* RtlGenRandom() */

__declspec(dllexport) int ProcessPrng(unsigned char *bytes, size_t length) {
  return SystemFunction036(bytes, (unsigned long)length);
}

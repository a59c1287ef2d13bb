/* What Rust's standard library takes random numbers from, where wine has no such library. */
#include <stddef.h>

unsigned char __stdcall SystemFunction036(void *bytes, unsigned long length); /* RtlGenRandom() */

__declspec(dllexport) int ProcessPrng(unsigned char *bytes, size_t length) {
  return SystemFunction036(bytes, (unsigned long)length);
}

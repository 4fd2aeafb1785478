#include "sim/base/entropy.h"

#include <errno.h>
#include <sys/random.h>

bool hft_entropy_draw(void *bytes, size_t size) {
  size_t filled = 0;
  while (filled < size) {
    ssize_t got = getrandom((char *)bytes + filled, size - filled, 0);
    if (got < 0 && errno != EINTR) return false;
    if (got > 0) filled += (size_t)got;
  }
  return true;
}

#include "sim/base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void hft_check_failed(const char *condition, const char *file, int line) {
  fprintf(stderr, "hftsim: internal error at %s:%d: %s does not hold; please report it\n", file,
          line, condition);
  abort();
}

// Seeds on the command line. Worlds for training, validation and test have ranges of seeds that
// never meet (docs/environment.md, "Seeds"), the same as in Python's hftsim.seeds.
#ifndef HFTSIM_CLI_SEEDS_H
#define HFTSIM_CLI_SEEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/status.h"

// Consecutive seeds.
typedef struct cli_seeds {
  uint64_t first;
  int64_t count;  // 0: as many as the command runs
} cli_seeds;

// Reads a seed: a number, or a range with an offset: "test" (its first), "test:40". False: it is
// neither.
bool cli_parse_seed(const char *text, uint64_t *seed);

// Reads the seeds of --seeds: "A:B", A included and B not, as in a slice of Python; "test", from
// the range's first on; "test:N", its first N; "test:A:B", A and B counted from its first. EINVAL:
// it is none of these, the seeds leave the range, or there are more than `most`.
hft_status cli_parse_seeds(const char *text, int64_t most, cli_seeds *out, hft_error *error);

#endif

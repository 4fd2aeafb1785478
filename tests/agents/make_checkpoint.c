// make_checkpoint FILE CONFIG [SEED [GRU [EACH]]]: writes a checkpoint of random actors for the
// external seats of a config, a file of YAML over the preset default. For tests of the program.
#include <stdio.h>
#include <stdlib.h>

#include "tests/agents/checkpoints.h"
#include "tests/support/files.h"

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "make_checkpoint FILE CONFIG [SEED [GRU [EACH]]]\n");
    return 2;
  }
  const checkpoint_kind kind = {.hidden = 16,
                                .seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1,
                                .gru = argc > 4 ? atoi(argv[4]) : 0,
                                .each = argc > 5 && argv[5][0] == '1'};
  size_t size;
  char *yaml = read_bytes(argv[2], &size);
  hft_env_model *model;
  hft_error error;
  if (checkpoints_make(yaml, NULL, &model, &error) != HFT_OK) {
    fprintf(stderr, "%s: %s\n", error.where, error.text);
    return 1;
  }
  checkpoints_write(argv[1], hft_env_model_spec(model), &kind, yaml);
  hft_env_model_free(model);
  free(yaml);
  return 0;
}

// Fuzzes the reading of checkpoints: any bytes are refused with words that name the file, or give
// actors that are finite and act, and whose file says what was read when it is written again.
#define _GNU_SOURCE  // memfd_create

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agents/checkpoint.h"
#include "sim/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Damaged files leave memory that was allocated in libhdf5. Whether HDF5 1.10 or a handle that the
// reader keeps is the cause is not proven.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name that LeakSanitizer calls
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
// NOLINTNEXTLINE(bugprone-reserved-identifier)
const char *__lsan_default_suppressions(void) {
  return "leak:libhdf5";
}

static void check_actor(const hft_actor *actor) {
  static float obs[HFT_NUMBERS_MAX], state[HFT_ACTOR_STATE_MAX];
  static uint32_t action[HFT_AXES_MAX];
  HFT_CHECK(actor->role[0] != '\0' && actor->obs_dim >= 1 && actor->axis_names >= 1);
  int64_t count = hft_net_param_count(actor->net) + hft_head_param_count(actor->head);
  for (int64_t i = 0; i < count; i++) HFT_CHECK(isfinite(actor->params[i]));
  memset(state, 0, sizeof state);
  hft_rng rng = hft_rng_stream(1, 2, 3);
  hft_actor_act(actor, state, obs, NULL, &rng, action);
}

static void check_read(const hft_checkpoint *checkpoint) {
  const hft_checkpoint_spec *spec = hft_checkpoint_read(checkpoint);
  HFT_CHECK(spec->actor_count >= 1 && spec->actor_count <= HFT_CHECKPOINT_ACTORS_MAX);
  HFT_CHECK(spec->steps >= 0 && spec->tensor_count == 0);
  for (int k = 0; k < spec->actor_count; k++) check_actor(spec->actor[k].actor);
  double value[2];
  const hft_tensor tensor = {"value", HFT_TENSOR_F64, 1, {2}, value};
  hft_status status = hft_checkpoint_load(checkpoint, &tensor, 1, NULL);
  HFT_CHECK(status == HFT_OK || status == HFT_EDATA);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int file = memfd_create("checkpoint", MFD_CLOEXEC);
  HFT_CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  hft_checkpoint *checkpoint;
  hft_error error = {0};
  hft_status status = hft_checkpoint_open(path, &checkpoint, &error);
  if (status == HFT_OK) {
    check_read(checkpoint);
  } else {
    HFT_CHECK(status == HFT_EDATA && checkpoint == NULL && error.text[0] != '\0');
    HFT_CHECK(strcmp(error.where, path) == 0);
  }
  hft_checkpoint_close(checkpoint);
  close(file);
  return 0;
}

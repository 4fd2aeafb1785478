#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/hash.h"
#include "sim/pool/pool_state.h"

#define MAGIC "HFTENV\r\n"
#define VERSION 2

// A save: this, then the env's memory, then its rows of the results in the order of the arrays.
typedef struct save_header {
  char magic[8];
  uint32_t version;
  uint32_t episode;
  uint64_t digest;  // of the pool's model
  uint64_t size;    // of the whole save
  uint64_t check;   // digest of the whole save, this being 0
  uint64_t seed;
  uint64_t variant;    // digest of the model of its episode
  uint64_t overrides;  // digest of the model, with overrides, of its next episodes
  uint8_t stage;
  uint8_t zero[63];
} save_header;

_Static_assert(sizeof(save_header) == 2 * HFT_CACHE_LINE, "the memory follows at a cache line");

static size_t rows_bytes(const hft_pool *pool) {
  size_t bytes = 0;
  for (int a = 0; a < pool->results_layout.count; a++) {
    bytes += pool->results_layout.array[a].row_bytes;
  }
  return bytes;
}

size_t hft_pool_env_bytes(const hft_pool *pool) {
  return sizeof(save_header) + hft_env_room(pool->model) + rows_bytes(pool);
}

// Digests words where it can: saves are large.
static uint64_t digest_bytes(uint64_t hash, const char *bytes, size_t size) {
  size_t words = size / sizeof(uint64_t);
  for (size_t k = 0; k < words; k++) {
    uint64_t word;
    memcpy(&word, bytes + k * sizeof word, sizeof word);
    hash = hft_hash_u64(hash, word);
  }
  return hft_hash_bytes(hash, bytes + words * sizeof(uint64_t), size % sizeof(uint64_t));
}

static uint64_t digest_save(const save_header *header, const char *bytes, size_t size) {
  save_header blank = *header;
  blank.check = 0;
  uint64_t hash = digest_bytes(HFT_HASH_START, (const char *)&blank, sizeof blank);
  return digest_bytes(hash, bytes + sizeof blank, size - sizeof blank);
}

static hft_status check_index(const hft_pool *pool, int env, hft_error *error) {
  if (env < 0 || env >= pool->env_count) {
    return hft_fail(error, HFT_EINVAL, "env", "env %d out of range [0, %d]", env,
                    pool->env_count - 1);
  }
  if (pool->slot[env].task == HFT_POOL_TASK_NONE) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "env", "env %d is under way", env);
}

hft_status hft_pool_check_env(const hft_pool *pool, int env, hft_error *error) {
  hft_status status = check_index(pool, env, error);
  if (status != HFT_OK || pool->slot[env].stage != HFT_POOL_STAGE_NEW) return status;
  return hft_fail(error, HFT_EINVAL, "env", "env %d has never been reset", env);
}

static hft_status check_size(const hft_pool *pool, size_t size, hft_error *error) {
  if (size == hft_pool_env_bytes(pool)) return HFT_OK;
  return hft_fail(error, HFT_EINVAL, "size", "%zu bytes; a save of this config has %zu", size,
                  hft_pool_env_bytes(pool));
}

static char *row(const hft_pool *pool, int array, int env) {
  const hft_array *of = &pool->results_layout.array[array];
  return pool->results + of->offset + (size_t)env * of->row_bytes;
}

static const char *memory_of(const hft_pool *pool, int env) {
  return pool->envs + (size_t)env * pool->env_size;
}

hft_status hft_pool_save(const hft_pool *pool, int env, void *bytes, size_t size,
                         hft_error *error) {
  hft_status status = hft_pool_check_env(pool, env, error);
  if (status == HFT_OK) status = check_size(pool, size, error);
  if (status != HFT_OK) return status;
  const hft_pool_slot *slot = &pool->slot[env];
  save_header header = {.magic = MAGIC,
                        .version = VERSION,
                        .episode = slot->episode,
                        .digest = hft_env_model_digest(pool->model),
                        .size = size,
                        .seed = slot->seed,
                        .variant = hft_env_model_digest(slot->model),
                        .overrides = hft_env_model_digest(pool->set[slot->set].model),
                        .stage = slot->stage};
  char *to = (char *)bytes + sizeof header;
  size_t memory = hft_env_room(pool->model), used = hft_env_size(slot->model);
  memcpy(to, memory_of(pool, env), used);
  memset(to + used, 0, memory - used);
  to += memory;
  for (int a = 0; a < pool->results_layout.count; a++) {
    size_t row_bytes = pool->results_layout.array[a].row_bytes;
    memcpy(to, row(pool, a, env), row_bytes);
    to += row_bytes;
  }
  header.check = digest_save(&header, bytes, size);
  memcpy(bytes, &header, sizeof header);
  return HFT_OK;
}

static hft_status check_header(const hft_pool *pool, const save_header *header, const void *bytes,
                               size_t size, hft_error *error) {
  if (memcmp(header->magic, MAGIC, sizeof header->magic) != 0) {
    return hft_fail(error, HFT_EDATA, "save", "these bytes are not the save of an env");
  }
  if (header->version != VERSION) {
    return hft_fail(error, HFT_EDATA, "save", "it has version %u; this program reads version %d",
                    (unsigned)header->version, VERSION);
  }
  if (header->digest != hft_env_model_digest(pool->model)) {
    return hft_fail(error, HFT_EDATA, "save",
                    "it was made with another config, or by another version of the program");
  }
  bool is_stage = header->stage == HFT_POOL_STAGE_RUNNING || header->stage == HFT_POOL_STAGE_OVER;
  if (header->size != size || !is_stage || header->check != digest_save(header, bytes, size)) {
    return hft_fail(error, HFT_EDATA, "save", "it is damaged");
  }
  int set;
  if (hft_pool_find_variant(pool, header->variant, &set) == NULL ||
      hft_pool_find_set(pool, header->overrides) < 0) {
    return hft_fail(error, HFT_EDATA, "save",
                    "it is of an env with overrides that these envs do not have: reset one with "
                    "the same overrides first");
  }
  if (header->stage == HFT_POOL_STAGE_OVER && pool->autoreset == HFT_AUTORESET_SAME_STEP) {
    return hft_fail(error, HFT_EINVAL, "save",
                    "its episode has ended, and this pool leaves no env in an ended episode");
  }
  return HFT_OK;
}

hft_status hft_pool_check_save(const hft_pool *pool, const void *bytes, size_t size,
                               hft_error *error) {
  hft_status status = check_size(pool, size, error);
  if (status != HFT_OK) return status;
  save_header header;
  memcpy(&header, bytes, sizeof header);
  return check_header(pool, &header, bytes, size, error);
}

hft_status hft_pool_load(hft_pool *pool, int env, const void *bytes, size_t size,
                         hft_error *error) {
  hft_status status = check_index(pool, env, error);
  if (status == HFT_OK) status = hft_pool_check_save(pool, bytes, size, error);
  if (status != HFT_OK) return status;
  save_header header;
  memcpy(&header, bytes, sizeof header);
  const char *from = (const char *)bytes + sizeof header;
  int model_set, set = hft_pool_find_set(pool, header.overrides);
  const hft_env_model *model = hft_pool_find_variant(pool, header.variant, &model_set);
  size_t memory = hft_env_room(pool->model);
  memcpy(hft_pool_env(pool, env), from, hft_env_size(model));
  from += memory;
  for (int a = 0; a < pool->results_layout.count; a++) {
    size_t row_bytes = pool->results_layout.array[a].row_bytes;
    memcpy(row(pool, a, env), from, row_bytes);
    from += row_bytes;
  }
  pool->slot[env] = (hft_pool_slot){.seed = header.seed,
                                    .model = model,
                                    .episode = header.episode,
                                    .stage = header.stage,
                                    .set = (uint8_t)set,
                                    .model_set = (uint8_t)model_set};
  return HFT_OK;
}

// ---- forks -------------------------------------------------------------------------------------

static hft_status fail_repeated(int env, int from, hft_error *error) {
  if (env == from) {
    return hft_fail(error, HFT_EINVAL, "to", "env %d cannot be forked to itself", env);
  }
  return hft_fail(error, HFT_EINVAL, "to", "env %d occurs twice", env);
}

// Marks `from` and those of to[] that it has checked, which no thread has at hand, and takes the
// marks away again.
hft_status hft_pool_check_fork(const hft_pool *pool, int from, const int32_t *to, int count,
                               hft_error *error) {
  hft_status status = hft_pool_check_env(pool, from, error);
  if (status != HFT_OK) return status;
  int checked = 0;
  pool->slot[from].work = HFT_POOL_WORK_FORK;
  while (checked < count && status == HFT_OK) {
    int env = to[checked];
    status = check_index(pool, env, error);
    if (status != HFT_OK) break;
    if (pool->slot[env].work == HFT_POOL_WORK_FORK) status = fail_repeated(env, from, error);
    if (status == HFT_OK) pool->slot[to[checked++]].work = HFT_POOL_WORK_FORK;
  }
  pool->slot[from].work = HFT_POOL_WORK_NONE;
  for (int k = 0; k < checked; k++) pool->slot[to[k]].work = HFT_POOL_WORK_NONE;
  return status;
}

static void copy_env(hft_pool *pool, int from, int to) {
  memcpy(hft_pool_env(pool, to), memory_of(pool, from), hft_env_size(pool->slot[from].model));
  for (int a = 0; a < pool->results_layout.count; a++) {
    memcpy(row(pool, a, to), row(pool, a, from), pool->results_layout.array[a].row_bytes);
  }
  pool->slot[to] = pool->slot[from];
}

hft_status hft_pool_fork(hft_pool *pool, int from, const int32_t *to, int count, hft_error *error) {
  hft_status status = hft_pool_check_fork(pool, from, to, count, error);
  for (int k = 0; k < count && status == HFT_OK; k++) copy_env(pool, from, to[k]);
  return status;
}

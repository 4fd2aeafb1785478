#include "agents/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/checkpoint_actor.h"
#include "agents/checkpoint_file.h"
#include "agents/checkpoint_lock.h"
#include "data/dataset/h5.h"
#include "data/dataset/part.h"
#include "sim/base/version.h"

struct hft_checkpoint {
  char *path;
  char *algorithm, *config, *training;
  uint64_t digest;
  hft_checkpoint_spec spec;
  hft_actor *owned[HFT_CHECKPOINT_ACTORS_MAX];
  hft_checkpoint_actor actor[HFT_CHECKPOINT_ACTORS_MAX];
};

// ---- writing -----------------------------------------------------------------------------------

static bool write_head(hid_t file, const hft_checkpoint_spec *spec) {
  return hft_h5_fixed_text(file, "format", HFT_CHECKPOINT_FORMAT) &&
         hft_h5_i64(file, "schema", HFT_CHECKPOINT_SCHEMA) &&
         hft_h5_fixed_text(file, "version", hft_version) &&
         hft_h5_fixed_text(file, "revision", hft_revision) &&
         hft_h5_fixed_text(file, "algorithm", spec->algorithm) &&
         hft_h5_i64(file, "steps", spec->steps) &&
         hft_checkpoint_put_text(file, "config", spec->config) &&
         hft_checkpoint_put_text(file, "recipe", spec->training);
}

static bool write_actors(hid_t file, const hft_checkpoint_spec *spec) {
  hid_t actors = hft_checkpoint_group(file, "actors");
  bool written = actors >= 0;
  for (int k = 0; k < spec->actor_count && written; k++) {
    char name[16];
    snprintf(name, sizeof name, "%d", k);
    hid_t group = hft_checkpoint_group(actors, name);
    written = group >= 0 && hft_h5_i64(group, "seat", spec->actor[k].seat) &&
              hft_checkpoint_put_actor(group, spec->actor[k].actor);
    if (!hft_h5_close(group)) written = false;
  }
  if (!hft_h5_close(actors)) written = false;
  return written;
}

static bool write_tensors(hid_t file, const hft_checkpoint_spec *spec) {
  if (spec->tensor_count == 0) return true;
  hid_t group = hft_checkpoint_group(file, "training");
  bool written = group >= 0;
  for (int k = 0; k < spec->tensor_count && written; k++) {
    written = hft_checkpoint_put(group, &spec->tensor[k]);
  }
  if (!hft_h5_close(group)) written = false;
  return written;
}

static hft_status write_file(const char *path, const hft_checkpoint_spec *spec, hft_error *error) {
  hid_t file = hft_h5_create(path);
  hft_status status = HFT_OK;
  if (file < 0) return hft_h5_fail(error, path, "the checkpoint");
  if (!write_head(file, spec)) status = hft_h5_fail(error, path, "the attributes");
  if (status == HFT_OK && !write_actors(file, spec)) {
    status = hft_h5_fail(error, path, "the actors");
  }
  if (status == HFT_OK && !write_tensors(file, spec)) {
    status = hft_h5_fail(error, path, "the state of the training");
  }
  if (!hft_h5_close(file) && status == HFT_OK) status = hft_h5_fail(error, path, "the checkpoint");
  return status;
}

static hft_status check_spec(const char *path, const hft_checkpoint_spec *spec, hft_error *error) {
  if (spec->actor_count < 0 || spec->actor_count > HFT_CHECKPOINT_ACTORS_MAX) {
    return hft_fail(error, HFT_EINVAL, path, "%d actors; a checkpoint holds at most %d",
                    spec->actor_count, HFT_CHECKPOINT_ACTORS_MAX);
  }
  if (strlen(spec->config) > HFT_CHECKPOINT_TEXT_MAX ||
      strlen(spec->training) > HFT_CHECKPOINT_TEXT_MAX) {
    return hft_fail(error, HFT_EINVAL, path, "a config of more than %d bytes",
                    HFT_CHECKPOINT_TEXT_MAX);
  }
  for (int k = 0; k < spec->actor_count; k++) {
    const hft_actor *actor = spec->actor[k].actor;
    if (hft_checkpoint_finite(actor)) continue;
    return hft_fail(error, HFT_EINVAL, path,
                    "the network of the role %s has weights that are not finite: the training "
                    "diverged; lower its lr_actor",
                    actor->role);
  }
  return HFT_OK;
}

hft_status hft_checkpoint_write(const char *path, const hft_checkpoint_spec *spec,
                                hft_error *error) {
  hft_status status = check_spec(path, spec, error);
  if (status != HFT_OK) return status;
  hft_part part;
  status = hft_part_begin(&part, path, true, error);
  if (status != HFT_OK) return status;
  hft_checkpoint_lock();
  status = write_file(part.part, spec, error);
  hft_checkpoint_unlock();
  if (status == HFT_OK) status = hft_part_commit(&part, error);
  hft_part_abandon(&part);
  return status;
}

// ---- reading -----------------------------------------------------------------------------------

static hft_status damaged(const hft_checkpoint *c, const char *what, hft_error *error) {
  return hft_fail(error, HFT_EDATA, c->path,
                  "%s is missing, damaged or not as it should be; take another checkpoint of the "
                  "run",
                  what);
}

static hft_status read_head(hft_checkpoint *c, hid_t file, hft_error *error) {
  char *format = hft_h5_read_text(file, "format", HFT_NAME_SIZE);
  bool is = format != NULL && strcmp(format, HFT_CHECKPOINT_FORMAT) == 0;
  free(format);
  if (!is) {
    return hft_fail(error, HFT_EDATA, c->path,
                    "an HDF5 file, but no checkpoint; 'hftsim train' writes checkpoints");
  }
  int64_t schema;
  if (!hft_h5_number(file, "schema", H5T_INTEGER, H5T_NATIVE_INT64, &schema)) {
    return damaged(c, "the attribute schema", error);
  }
  if (schema != HFT_CHECKPOINT_SCHEMA) {
    return hft_fail(error, HFT_EDATA, c->path,
                    "a checkpoint of schema %" PRId64
                    "; this program reads schema %d: use the "
                    "version of hftsim that wrote it, or train again",
                    schema, HFT_CHECKPOINT_SCHEMA);
  }
  if (!hft_h5_number(file, "steps", H5T_INTEGER, H5T_NATIVE_INT64, &c->spec.steps) ||
      c->spec.steps < 0) {
    return damaged(c, "the attribute steps", error);
  }
  c->algorithm = hft_h5_read_text(file, "algorithm", HFT_NAME_SIZE);
  if (c->algorithm == NULL) return damaged(c, "the attribute algorithm", error);
  c->config = hft_checkpoint_get_text(file, "config");
  if (c->config == NULL) return damaged(c, "the text config", error);
  c->training = hft_checkpoint_get_text(file, "recipe");
  return c->training != NULL ? HFT_OK : damaged(c, "the text recipe", error);
}

static hft_status read_actor(hft_checkpoint *c, hid_t actors, int k, hft_error *error) {
  char name[16];
  snprintf(name, sizeof name, "%d", k);
  H5L_info_t link;
  hid_t group = -1;
  if (H5Lget_info(actors, name, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD) {
    group = H5Gopen2(actors, name, H5P_DEFAULT);
  }
  int64_t seat;
  hft_status status = HFT_OK;
  if (group < 0 || !hft_h5_number(group, "seat", H5T_INTEGER, H5T_NATIVE_INT64, &seat) ||
      seat < -1 || seat >= HFT_SEATS_MAX) {
    status = damaged(c, "an actor", error);
  } else {
    status = hft_checkpoint_get_actor(group, c->path, &c->owned[k], error);
    c->actor[k] = (hft_checkpoint_actor){c->owned[k], (int)seat};
  }
  hft_h5_close(group);
  return status;
}

static hft_status read_actors(hft_checkpoint *c, hid_t file, hft_error *error) {
  H5L_info_t link;
  hid_t actors = -1;
  if (H5Lget_info(file, "actors", &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD) {
    actors = H5Gopen2(file, "actors", H5P_DEFAULT);
  }
  H5G_info_t info;
  hft_status status = HFT_OK;
  if (actors < 0 || H5Gget_info(actors, &info) < 0 || info.nlinks < 1 ||
      info.nlinks > HFT_CHECKPOINT_ACTORS_MAX) {
    status = damaged(c, "the group actors", error);
  } else {
    for (int k = 0; k < (int)info.nlinks && status == HFT_OK; k++) {
      status = read_actor(c, actors, k, error);
      if (status == HFT_OK) c->spec.actor_count++;
    }
  }
  hft_h5_close(actors);
  return status;
}

static hft_status open_all(hft_checkpoint *c, hft_error *error) {
  hid_t file = -1;
  hft_status status = hft_checkpoint_open_file(c->path, &file, &c->digest, error);
  if (status == HFT_OK) status = read_head(c, file, error);
  if (status == HFT_OK) status = read_actors(c, file, error);
  hft_h5_close(file);
  c->spec.algorithm = c->algorithm;
  c->spec.config = c->config;
  c->spec.training = c->training;
  c->spec.actor = c->actor;
  return status;
}

hft_status hft_checkpoint_open(const char *path, hft_checkpoint **out, hft_error *error) {
  *out = NULL;
  hft_checkpoint *c = calloc(1, sizeof *c);
  char *copy = strdup(path);
  if (c == NULL || copy == NULL) {
    free(c);
    free(copy);
    return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  }
  c->path = copy;
  hft_checkpoint_lock();
  hft_status status = open_all(c, error);
  hft_checkpoint_unlock();
  if (status != HFT_OK) {
    hft_checkpoint_close(c);
    return status;
  }
  *out = c;
  return HFT_OK;
}

void hft_checkpoint_close(hft_checkpoint *checkpoint) {
  if (checkpoint == NULL) return;
  for (int k = 0; k < HFT_CHECKPOINT_ACTORS_MAX; k++) hft_actor_free(checkpoint->owned[k]);
  free(checkpoint->algorithm);
  free(checkpoint->config);
  free(checkpoint->training);
  free(checkpoint->path);
  free(checkpoint);
}

const hft_checkpoint_spec *hft_checkpoint_read(const hft_checkpoint *checkpoint) {
  return &checkpoint->spec;
}

uint64_t hft_checkpoint_digest(const hft_checkpoint *checkpoint) {
  return checkpoint->digest;
}

const hft_actor *hft_checkpoint_actor_of(const hft_checkpoint *checkpoint, const char *role,
                                         int seat) {
  const hft_actor *all = NULL;
  for (int k = 0; k < checkpoint->spec.actor_count; k++) {
    const hft_checkpoint_actor *a = &checkpoint->actor[k];
    if (strcmp(a->actor->role, role) != 0) continue;
    if (a->seat == seat) return a->actor;
    if (a->seat < 0) all = a->actor;
  }
  return all;
}

// ---- tensors -----------------------------------------------------------------------------------

static hft_status load(const hft_checkpoint *c, hid_t group, const hft_tensor *tensor, int count,
                       hft_error *error) {
  for (int k = 0; k < count; k++) {
    if (group >= 0 && hft_checkpoint_has(group, &tensor[k])) continue;
    return hft_fail(error, HFT_EDATA, c->path,
                    "the state of the training has no array '%.63s' of the type and shape of this "
                    "run; only a run of the same config, recipe and program can go on from it",
                    tensor[k].name);
  }
  for (int k = 0; k < count; k++) {
    if (!hft_checkpoint_get(group, &tensor[k])) return damaged(c, tensor[k].name, error);
  }
  return HFT_OK;
}

hft_status hft_checkpoint_load(const hft_checkpoint *checkpoint, const hft_tensor *tensor,
                               int count, hft_error *error) {
  hft_checkpoint_lock();
  hid_t file = -1, group = -1;
  uint64_t digest;
  hft_status status = hft_checkpoint_open_file(checkpoint->path, &file, &digest, error);
  if (status == HFT_OK && digest != checkpoint->digest) {
    status = hft_fail(error, HFT_EDATA, checkpoint->path,
                      "the file was replaced while it was being read; try again");
  }
  H5L_info_t link;
  if (status == HFT_OK && H5Lexists(file, "training", H5P_DEFAULT) > 0 &&
      H5Lget_info(file, "training", &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD) {
    group = H5Gopen2(file, "training", H5P_DEFAULT);
  }
  if (status == HFT_OK) status = load(checkpoint, group, tensor, count, error);
  hft_h5_close(group);
  hft_h5_close(file);
  hft_checkpoint_unlock();
  return status;
}

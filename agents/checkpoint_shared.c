#include "agents/checkpoint_shared.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

struct hft_shared_checkpoint {
  hft_shared_checkpoint *next;
  struct stat file;  // tells it from other files and from later ones of the name
  int users;
  hft_checkpoint *checkpoint;
};

static pthread_mutex_t list = PTHREAD_MUTEX_INITIALIZER;
static hft_shared_checkpoint *in_use;

static bool same_file(const struct stat *a, const struct stat *b) {
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static hft_status find_or_open(const char *path, hft_shared_checkpoint **out, hft_error *error) {
  struct stat file;
  bool exists = stat(path, &file) == 0;
  for (hft_shared_checkpoint *s = in_use; s != NULL && exists; s = s->next) {
    if (!same_file(&s->file, &file)) continue;
    s->users++;
    *out = s;
    return HFT_OK;
  }
  hft_shared_checkpoint *made = calloc(1, sizeof *made);
  if (made == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  hft_status status = hft_checkpoint_open(path, &made->checkpoint, error);
  if (status != HFT_OK) {
    free(made);
    return status;
  }
  if (exists) made->file = file;
  made->users = 1;
  made->next = in_use;
  in_use = made;
  *out = made;
  return HFT_OK;
}

hft_status hft_checkpoint_share(const char *path, hft_shared_checkpoint **out, hft_error *error) {
  *out = NULL;
  pthread_mutex_lock(&list);
  hft_status status = find_or_open(path, out, error);
  pthread_mutex_unlock(&list);
  return status;
}

void hft_checkpoint_give_back(hft_shared_checkpoint *shared) {
  if (shared == NULL) return;
  pthread_mutex_lock(&list);
  if (--shared->users == 0) {
    hft_shared_checkpoint **at = &in_use;
    while (*at != shared) at = &(*at)->next;
    *at = shared->next;
    hft_checkpoint_close(shared->checkpoint);
    free(shared);
  }
  pthread_mutex_unlock(&list);
}

const hft_checkpoint *hft_checkpoint_shared(const hft_shared_checkpoint *shared) {
  return shared->checkpoint;
}

bool hft_checkpoint_is_shared(const hft_shared_checkpoint *shared) {
  pthread_mutex_lock(&list);
  bool several = shared->users > 1;
  pthread_mutex_unlock(&list);
  return several;
}

#include "server/reaper.h"

#include <stdlib.h>

static void *close_one(void *session) {
  hft_session_close(session);
  free(session);
  return NULL;
}

void hft_reaper_wait(hft_reaper *reaper) {
  if (reaper->is_running) pthread_join(reaper->thread, NULL);
  reaper->is_running = false;
}

void hft_reaper_close(hft_reaper *reaper, hft_session *session) {
  hft_session *copy = session->bytes >= HFT_REAPER_BYTES ? malloc(sizeof *copy) : NULL;
  if (copy == NULL) {
    hft_session_close(session);
    return;
  }
  hft_reaper_wait(reaper);
  *copy = *session;
  reaper->is_running = pthread_create(&reaper->thread, NULL, close_one, copy) == 0;
  if (reaper->is_running) {
    *session = (hft_session){0};
  } else {
    free(copy);
    hft_session_close(session);
  }
}

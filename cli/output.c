#include "cli/output.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/stop.h"

#define LINE_WIDTH 92
#define VALUE_SIZE 2048  // of a printed key
#define BAR_WIDTH 24
#define REDRAW_S 0.1

int cli_fail(const hft_error *error) {
  fprintf(stderr, "hftsim: ");
  if (error->where[0] != '\0') fprintf(stderr, "%s: ", error->where);
  fprintf(stderr, "%s\n", error->text[0] != '\0' ? error->text : hft_status_text(error->status));
  return error->status == HFT_EINTR ? CLI_INTERRUPTED : CLI_FAILED;
}

int cli_end_output(void) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return CLI_OK;
  return cli_fail(&(hft_error){HFT_EIO, "stdout", "cannot be written"});
}

void cli_print_wrapped(const char *text, int column, int indent) {
  bool at_start = true;
  while (*text != '\0') {
    int length = (int)strcspn(text, " ");
    if (!at_start && column + 1 + length > LINE_WIDTH) {
      printf("\n%*s", indent, "");
      column = indent;
      at_start = true;
    }
    printf("%s%.*s", at_start ? "" : " ", length, text);
    column += length + (at_start ? 0 : 1);
    at_start = false;
    text += length;
    text += strspn(text, " ");
  }
  printf("\n");
}

char *cli_json_text(const json_t *json) {
  // With 15 digits 0.1 is printed as 0.1.
  return json_dumps(json, JSON_INDENT(2) | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY);
}

int cli_print_json(json_t *json) {
  char *text = json != NULL ? cli_json_text(json) : NULL;
  json_decref(json);
  if (text == NULL) return cli_fail(&(hft_error){HFT_ENOMEM, "json", "out of memory"});
  puts(text);  // cli_end_output reports a failure to write
  free(text);
  return cli_end_output();
}

double cli_shown(double value, int decimals) {
  return fabs(value) < 0.5 * pow(10, -decimals) ? 0 : value;
}

void cli_warn(json_t *warnings, const char *format, ...) {
  char text[VALUE_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fprintf(stderr, "hftsim: warning: %s\n", text);
  if (warnings != NULL) json_array_append_new(warnings, json_string(text));
}

json_t *cli_key_json(const hft_key *key, const void *params) {
  const void *member = (const char *)params + key->offset;
  char text[VALUE_SIZE];
  switch (key->kind) {
    case HFT_KEY_INT:
      return json_integer(*(const int64_t *)member);
    case HFT_KEY_REAL:
      return json_real(*(const double *)member);
    case HFT_KEY_BOOL:
      return json_boolean(*(const bool *)member);
    case HFT_KEY_LIST: {
      const hft_list *list = member;
      json_t *array = json_array();
      for (int64_t i = 0; i < list->count; i++) {
        json_array_append_new(array, json_real(list->value[i]));
      }
      return array;
    }
    case HFT_KEY_CHOICE:
    case HFT_KEY_TEXT:
    case HFT_KEY_PATH:
    case HFT_KEY_PARAMS:
      break;
  }
  hft_key_print(key, params, text, sizeof text);
  return json_string(text);
}

// ---- progress --------------------------------------------------------------------------------

double cli_now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void draw(const cli_progress *progress, double done, double now) {
  char bar[BAR_WIDTH + 1];
  for (int i = 0; i < BAR_WIDTH; i++) bar[i] = (double)i < done * BAR_WIDTH ? '=' : ' ';
  bar[BAR_WIDTH] = '\0';
  fprintf(stderr, "\r%.40s %3d%% [%s]", progress->label, (int)(done * 100), bar);
  if (progress->note != NULL) fprintf(stderr, " %.60s,", progress->note);
  if (done > 0) {
    long left = (long)((now - progress->started) * (1 - done) / done + 0.5);
    fprintf(stderr, " %ld:%02ld left ", left / 60, left % 60);
  }
  fprintf(stderr, "\x1b[K");  // clears what a longer line left behind
  fflush(stderr);
}

void cli_progress_start(cli_progress *progress, const char *label) {
  double now = cli_now_s();
  *progress = (cli_progress){label, now, now, isatty(STDERR_FILENO), NULL};
}

void cli_progress_update(cli_progress *progress, double done) {
  if (!progress->on) return;
  double now = cli_now_s();
  bool ended = done >= 1;
  if (!ended && now - progress->drawn < REDRAW_S) return;
  progress->drawn = now;
  draw(progress, ended ? 1 : done > 0 ? done : 0, now);
  if (ended) cli_progress_stop(progress);
}

void cli_progress_stop(cli_progress *progress) {
  // There is a line on the terminal only if one was drawn.
  if (progress->on && progress->drawn > progress->started) fputc('\n', stderr);
  progress->on = 0;
}

void cli_progress_end(cli_progress *progress, hft_status status) {
  if (status == HFT_OK) {
    cli_progress_update(progress, 1);
  } else {
    cli_progress_stop(progress);
  }
}

bool cli_progress_goes_on(void *context, double done) {
  cli_progress_update(context, done);
  return !cli_stopped();
}

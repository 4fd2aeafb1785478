#include "data/lobster/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/hash.h"

#define BUFFER_SIZE (4 * (size_t)HFT_CSV_LINE_MAX)
#define QUOTE_MAX 24
#define DAY_SECONDS 86400
#define DECIMALS_MAX 15

hft_status hft_csv_fail(const hft_csv *csv, hft_error *error, const char *format, ...) {
  if (error == NULL) return HFT_EDATA;
  error->status = HFT_EDATA;
  // If the path is too long, its end is kept: it has the file name, and the line number follows.
  size_t room = sizeof error->where - 24;
  size_t length = strlen(csv->name);
  const char *name = length > room ? csv->name + (length - room) : csv->name;
  snprintf(error->where, sizeof error->where, "%s:%" PRId64, name, csv->line);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return HFT_EDATA;
}

hft_status hft_csv_attach(hft_csv *csv, FILE *file, const char *name, hft_error *error) {
  *csv = (hft_csv){
      .file = file, .name = name, .buffer = malloc(BUFFER_SIZE), .content = HFT_HASH_START};
  if (csv->buffer == NULL) {
    hft_csv_close(csv);
    return hft_fail(error, HFT_ENOMEM, name, "out of memory");
  }
  return HFT_OK;
}

hft_status hft_csv_open(hft_csv *csv, const char *path, hft_error *error) {
  *csv = (hft_csv){0};
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return hft_fail(error, HFT_EIO, path, "cannot open the file: %s", strerror(errno));
  }
  return hft_csv_attach(csv, file, path, error);
}

void hft_csv_close(hft_csv *csv) {
  if (csv->file != NULL) fclose(csv->file);
  free(csv->buffer);
  *csv = (hft_csv){0};
}

// Moves the unread bytes to the front of the buffer and fills the rest.
static hft_status refill(hft_csv *csv, hft_error *error) {
  memmove(csv->buffer, csv->buffer + csv->start, csv->end - csv->start);
  csv->end -= csv->start;
  csv->start = 0;
  size_t space = BUFFER_SIZE - csv->end;
  size_t got = fread(csv->buffer + csv->end, 1, space, csv->file);
  csv->content = hft_hash_bytes(csv->content, csv->buffer + csv->end, got);
  csv->end += got;
  if (got == space) return HFT_OK;
  if (ferror(csv->file)) {
    return hft_fail(error, HFT_EIO, csv->name, "cannot read the file: %s", strerror(errno));
  }
  csv->ended = true;
  return HFT_OK;
}

hft_status hft_csv_next(hft_csv *csv, bool *more, hft_error *error) {
  *more = false;
  csv->at = NULL;
  csv->column = 1;
  char *end = NULL;
  for (;;) {
    char *line = csv->buffer + csv->start;
    end = csv->end > csv->start ? memchr(line, '\n', csv->end - csv->start) : NULL;
    if (end != NULL || csv->ended || csv->end - csv->start >= HFT_CSV_LINE_MAX) break;
    hft_status status = refill(csv, error);
    if (status != HFT_OK) return status;
  }
  char *line = csv->buffer + csv->start;
  if (end == NULL && csv->start == csv->end) return HFT_OK;
  csv->line++;
  if (end == NULL && csv->end - csv->start < HFT_CSV_LINE_MAX) {
    return hft_csv_fail(csv, error, "the last line is cut off: the file does not end in a newline");
  }
  if (end == NULL || end - line >= HFT_CSV_LINE_MAX) {
    return hft_csv_fail(csv, error, "the line is longer than %d bytes: not a table of numbers",
                        HFT_CSV_LINE_MAX);
  }
  csv->start = (size_t)(end - csv->buffer) + 1;
  if (end > line && end[-1] == '\r') end--;
  if (end == line) return hft_csv_fail(csv, error, "the line is empty");
  if (memchr(line, '\0', (size_t)(end - line)) != NULL) {
    return hft_csv_fail(csv, error, "the line has bytes that are not text");
  }
  *end = '\0';
  csv->at = line;
  *more = true;
  return HFT_OK;
}

int hft_csv_columns(const hft_csv *csv) {
  int count = 1;
  for (const char *at = csv->at; (at = strchr(at, ',')) != NULL; at++) count++;
  return count;
}

// A field for an error text: truncated, and without bytes that a terminal would interpret.
static void quote(const char *field, char text[QUOTE_MAX + 4]) {
  size_t length = strcspn(field, ",");
  size_t shown = length < QUOTE_MAX ? length : QUOTE_MAX;
  for (size_t i = 0; i < shown; i++) {
    text[i] = '?';
    if (field[i] >= ' ' && field[i] <= '~') text[i] = field[i];
  }
  snprintf(text + shown, 4, "%s", length > shown ? "..." : "");
}

static hft_status fail_kind(hft_csv *csv, const char *name, const char *kind, hft_error *error) {
  char text[QUOTE_MAX + 4];
  quote(csv->at, text);
  return hft_csv_fail(csv, error, "column %d (%s): '%s' is not %s", csv->column, name, text, kind);
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Skips the separator after a field; false if the field continues.
static bool end_field(hft_csv *csv, char *end) {
  if (*end != ',' && *end != '\0') return false;
  csv->at = *end == ',' ? end + 1 : NULL;
  csv->column++;
  return true;
}

static hft_status fail_missing(hft_csv *csv, const char *name, hft_error *error) {
  return hft_csv_fail(csv, error, "the line ends before column %d (%s)", csv->column, name);
}

hft_status hft_csv_int(hft_csv *csv, const char *name, int64_t low, int64_t high, int64_t *value,
                       hft_error *error) {
  if (csv->at == NULL) return fail_missing(csv, name, error);
  char *at = csv->at;
  bool negative = *at == '-';
  if (negative) at++;
  if (!is_digit(*at)) return fail_kind(csv, name, "a whole number", error);
  int64_t number = 0;
  bool fits = true;
  for (; is_digit(*at); at++) {
    int digit = *at - '0';
    fits = fits && number >= (INT64_MIN + digit) / 10;
    if (fits) number = 10 * number - digit;  // negative, so that INT64_MIN can be represented
  }
  if (*at != ',' && *at != '\0') return fail_kind(csv, name, "a whole number", error);
  fits = fits && (negative || number != INT64_MIN);
  if (fits && !negative) number = -number;
  if (!fits || number < low || number > high) {
    char text[QUOTE_MAX + 4];
    quote(csv->at, text);
    return hft_csv_fail(csv, error, "column %d (%s): %s out of range [%" PRId64 ", %" PRId64 "]",
                        csv->column, name, text, low, high);
  }
  *value = number;
  return end_field(csv, at) ? HFT_OK : HFT_EDATA;
}

hft_status hft_csv_seconds(hft_csv *csv, const char *name, hft_time *time, hft_error *error) {
  const char *kind = "seconds after midnight";
  if (csv->at == NULL) return fail_missing(csv, name, error);
  char *at = csv->at;
  if (!is_digit(*at)) return fail_kind(csv, name, kind, error);
  int64_t seconds = 0;
  for (; is_digit(*at); at++) {
    seconds = 10 * seconds + (*at - '0');
    if (seconds >= DAY_SECONDS) return fail_kind(csv, name, "a time below 86400 s", error);
  }
  int64_t nanoseconds = 0;
  int decimals = 0;
  if (*at == '.') {
    int64_t place = HFT_SECOND;
    for (at++; is_digit(*at); at++) {
      int digit = *at - '0';
      place /= 10;
      nanoseconds += place * digit;
      if (++decimals == 10 && digit >= 5) nanoseconds++;
    }
    if (decimals == 0 || decimals > DECIMALS_MAX) return fail_kind(csv, name, kind, error);
  }
  *time = seconds * HFT_SECOND + nanoseconds;
  if (!end_field(csv, at)) return fail_kind(csv, name, kind, error);
  return HFT_OK;
}

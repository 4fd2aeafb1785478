#include "server/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

// A line under construction; text that does not fit is dropped, but the end of the line is kept.
typedef struct line_buffer {
  char *text;
  size_t size, room;
} line_buffer;

static void put(line_buffer *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(line_buffer *line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line->text + line->size, line->room - line->size, format, arguments);
  va_end(arguments);
  if (length > 0 && (size_t)length < line->room - line->size) line->size += (size_t)length;
}

// Appends a text; bytes that are not printable ASCII become '?', so that an event stays one line.
static void put_text(line_buffer *line, const char *text, bool is_json) {
  for (; *text != '\0'; text++) {
    char byte = *text;
    if (byte < ' ' || byte > '~') byte = '?';
    put(line, is_json && (byte == '"' || byte == '\\') ? "\\%c" : "%c", byte);
  }
}

static void put_time(line_buffer *line, int64_t unix_ms) {
  time_t seconds = (time_t)(unix_ms / 1000);
  struct tm utc;
  char text[32];
  gmtime_r(&seconds, &utc);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  put(line, "%s.%03dZ", text, (int)(unix_ms % 1000));
}

static void put_json(line_buffer *line, int64_t unix_ms, const char *event,
                     const hft_log_field *fields) {
  put(line, "{\"time\": \"");
  put_time(line, unix_ms);
  put(line, "\", \"event\": \"%s\"", event);
  for (int i = 0; fields[i].name != NULL; i++) {
    size_t before = line->size;
    put(line, ", \"%s\": ", fields[i].name);
    if (fields[i].text == NULL) {
      put(line, "%" PRId64, fields[i].number);
      continue;
    }
    put(line, "\"");
    put_text(line, fields[i].text, true);
    size_t text_end = line->size;
    put(line, "\"");
    if (line->size == text_end)
      line->size = before;  // its closing quote does not fit: drop the field
  }
}

static void put_plain(line_buffer *line, const char *event, const hft_log_field *fields) {
  put(line, "hftsim: ");
  for (; *event != '\0'; event++) put(line, "%c", *event == '_' ? ' ' : *event);
  for (int i = 0; fields[i].name != NULL; i++) {
    put(line, "%s%s ", i == 0 ? ": " : ", ", fields[i].name);
    if (fields[i].text == NULL) {
      put(line, "%" PRId64, fields[i].number);
    } else {
      put_text(line, fields[i].text, false);
    }
  }
}

size_t hft_log_format_line(hft_log_format format, int64_t unix_ms, const char *event,
                           const hft_log_field *fields, char text[HFT_LOG_LINE_MAX]) {
  const char *end = format == HFT_LOG_JSON ? "}\n" : "\n";
  line_buffer line = {text, 0, HFT_LOG_LINE_MAX - 4};  // reserves the end
  if (format == HFT_LOG_JSON) {
    put_json(&line, unix_ms, event, fields);
  } else {
    put_plain(&line, event, fields);
  }
  line.room = HFT_LOG_LINE_MAX;
  put(&line, "%s", end);
  return line.size;
}

void hft_log_event(const hft_logger *log, const char *event, const hft_log_field *fields) {
  if (log == NULL) return;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t unix_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
  char line[HFT_LOG_LINE_MAX];
  log->write(log->context, line, hft_log_format_line(log->format, unix_ms, event, fields, line));
}

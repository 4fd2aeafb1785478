// The server's log: one line per event, as text or as JSON. Events concern connections, sessions
// and the process, never single steps.
#ifndef HFTSIM_SERVER_LOG_H
#define HFTSIM_SERVER_LOG_H

#include <stddef.h>
#include <stdint.h>

#define HFT_LOG_LINE_MAX 2048  // bytes of a line; longer ones are truncated

typedef enum hft_log_format {
  HFT_LOG_TEXT,  // hftsim: session opened: envs 64, bytes 1048576
  HFT_LOG_JSON   // {"time": "2025-01-31T12:00:00.000Z", "event": "session_opened", "envs": 64, ...}
} hft_log_format;

typedef struct hft_log_field {
  const char *name;
  const char *text;  // null: the value is `number`
  int64_t number;
} hft_log_field;

// The sink of the lines. `write` is called once per line, newline included.
typedef struct hft_logger {
  hft_log_format format;
  void (*write)(void *context, const char *line, size_t size);
  void *context;
} hft_logger;

// Writes one event, such as "session_opened". The list of fields ends with one whose name is null.
// A null log writes nothing.
void hft_log_event(const hft_logger *log, const char *event, const hft_log_field *fields);

// Formats a line as hft_log_event does; `unix_ms` is the time in ms since 1970. Returns its size in
// bytes.
size_t hft_log_format_line(hft_log_format format, int64_t unix_ms, const char *event,
                           const hft_log_field *fields, char line[HFT_LOG_LINE_MAX]);

#endif

// Self-contained HTML pages: escaped text, and plots as SVG inside the page.
#ifndef HFTSIM_EVAL_PAGE_H
#define HFTSIM_EVAL_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Writes the head of a page and its title. Errors of the stream show in ferror.
void cli_page_begin(FILE *page, const char *title);
void cli_page_end(FILE *page, const char *footer);

// Writes text with what means something to HTML escaped.
void cli_page_text(FILE *page, const char *text);

// A card: a heading, a caption, and what is written until its end.
void cli_page_card_begin(FILE *page, const char *heading, const char *caption);
void cli_page_card_end(FILE *page);

// Points in the order of x. Those that are NaN, or not above 0 on a logarithmic axis, are left out.
typedef struct cli_curve {
  const char *label;
  const char *color;  // of CSS
  const double *x, *y;
  size_t count;
  bool dashed;
} cli_curve;

typedef struct cli_plot {
  const char *x_label, *y_label;
  bool log_x, log_y;
  const cli_curve *curves;
  int curve_count;
} cli_plot;

// Draws curves on axes that span them all. A plot without a point says so.
void cli_page_plot(FILE *page, const cli_plot *plot);

#define CLI_PAGE_BLUE "#2364c4"
#define CLI_PAGE_ORANGE "#d9661f"
#define CLI_PAGE_GREY "#9aa5b1"

#endif

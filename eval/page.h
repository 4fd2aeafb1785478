// Self-contained HTML pages: escaped text, and plots as SVG inside the page.
#ifndef HFTSIM_EVAL_PAGE_H
#define HFTSIM_EVAL_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Writes the beginning of a page and its title. Write errors are left in the stream (ferror).
void hft_page_begin(FILE *page, const char *title);
// Writes the footer, which may be empty, and ends the page.
void hft_page_end(FILE *page, const char *footer);

// Writes text, with the characters & < > " escaped.
void hft_page_text(FILE *page, const char *text);

// Begins a card with a heading and a caption; everything written until its end is inside.
void hft_page_card_begin(FILE *page, const char *heading, const char *caption);
// Ends the card.
void hft_page_card_end(FILE *page);

// Points in the order of x. Points that are NaN, or not positive on a logarithmic axis, are left
// out.
typedef struct hft_plot_curve {
  const char *label;
  const char *color;  // of CSS
  const double *x, *y;
  size_t count;
  bool dashed;
} hft_plot_curve;

typedef struct hft_plot {
  const char *x_label, *y_label;
  bool log_x, log_y;
  const hft_plot_curve *curves;
  int curve_count;
} hft_plot;

// Draws the curves as SVG, on axes that span all their points. A plot without points says "too few
// data".
void hft_page_plot(FILE *page, const hft_plot *plot);

#define HFT_PAGE_BLUE "#2364c4"
#define HFT_PAGE_ORANGE "#d9661f"
#define HFT_PAGE_GREY "#9aa5b1"

#endif

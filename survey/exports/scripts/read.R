# Reads the files of this export into R, with their labels. Base R only; R 4.0 or newer.
#
#   source("read.R")
#   parent <- read_table("parent")
#   label_of(parent$who5_1)          what the column holds
#   table(labelled(parent$who5_1))   a factor with the words of the answers
#
# The negative codes, which say why an answer is missing, become NA; read_table("parent", missing = TRUE)
# keeps them. Scores whose label says PROVISIONAL rest on rules that are not verified;
# read_table("parent", provisional = FALSE) leaves them out.

read_table <- function(name, folder = ".", missing = FALSE, provisional = TRUE) {
  about <- tables[[name]]
  if (is.null(about)) stop("no such file in this export: ", name)
  data <- read.csv(
    file.path(folder, paste0(name, ".csv")),
    colClasses = about$classes, na.strings = "", encoding = "UTF-8", check.names = FALSE,
    stringsAsFactors = FALSE
  )
  stopifnot(identical(names(data), names(about$classes)))
  for (column in names(data)) {
    cells <- data[[column]]
    if (!missing && column %in% about$missing) cells[!is.na(cells) & cells < 0] <- NA
    attr(cells, "label") <- about$labels[[column]]
    values <- about$values[[column]]
    if (column %in% about$missing && missing) values <- c(values, missing_codes)
    if (length(values)) attr(cells, "labels") <- values
    data[[column]] <- cells
  }
  if (!provisional) data <- data[!grepl("PROVISIONAL", about$labels[names(data)], fixed = TRUE)]
  data
}

label_of <- function(column) attr(column, "label")

labelled <- function(column) {
  values <- attr(column, "labels")
  factor(as.vector(column), levels = values, labels = names(values))
}

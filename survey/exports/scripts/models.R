# The linear mixed models of the pilot's report (section 4.2.5 and its appendix 2), fitted with lme4 to the
# files of this export. Run it in the folder of the export:  Rscript models.R
#
# For every outcome: a random intercept for the family, and the wave as a factor against T0. Outcomes of
# children are corrected for the age and sex of the child, outcomes of parents for difficulty in making ends
# meet and the age of the parent. The report names an unstructured covariance matrix: with one random effect
# that is its variance. Ages are those at T0, in years. Where this export has bands of age only, the middle
# of the band is taken, so that the term "age" is rougher than that of the report; ask for ages in months, and
# say why, to fit exactly its models. The column "ages" of models.csv says which was used.
#
# Estimates are written to models.csv. With lmerTest installed the tests use Satterthwaite's degrees of
# freedom, as the report seems to do; otherwise a normal distribution (column "method" says which).
#
# There is no comparison group, so a difference from T0 is not an effect of the project.

suppressPackageStartupMessages(library(lme4))
source("read.R")
satterthwaite <- requireNamespace("lmerTest", quietly = TRUE)
fit <- if (satterthwaite) lmerTest::lmer else lme4::lmer

children <- read_table("parent_about_child")
parents <- read_table("parent")

months <- function(wave) unname(wave_months[wave])
first_known <- function(values, by) {
  # The first value that is known of each, in the order of the rows.
  known <- !is.na(values)
  found <- values[known][!duplicated(by[known])]
  names(found) <- by[known][!duplicated(by[known])]
  unname(found[by])
}

# Age of the child in years at T0, from the first form that knows it; girl or not.
exact <- any(grepl("_age_months$", names(children)))
child_age <- function(data) {
  ages <- data[grepl(if (exact) "_age_months$" else "_age_band$", names(data))]
  if (!exact) ages[] <- lapply(ages, function(band) age_band_middle[as.vector(band)])
  noted <- suppressWarnings(do.call(pmin, c(lapply(ages, as.vector), na.rm = TRUE)))
  data <- data.frame(child = data$child, at = months(data$wave), age = noted - months(data$wave))
  order <- order(data$at)
  known <- data[order, ]
  known <- known[!is.na(known$age) & !duplicated(known$child), ]
  known$age[match(data$child, known$child)] / 12
}
children$age <- child_age(children)
children$girl <- as.numeric(as.vector(children$child_sex) == 1)

# Making ends meet is known of the family; the age of either parent from who filled in the background form.
ends <- as.vector(parents$background_family_making_ends_meet)
hard <- ifelse(ends %in% c(3, 4), 1, ifelse(ends %in% c(1, 2), 0, NA))
own <- as.vector(parents$background_family_parent_age)
other <- as.vector(parents$background_family_other_parent_age)
told <- parents$respondent[!is.na(parents$background_family_status)]
parents$hard <- first_known(hard, parents$family)
parents$age <- ifelse(
  parents$respondent %in% told,
  first_known(own, parents$family), first_known(other, parents$family)
)

results <- data.frame()
for (model in models) {
  data <- if (model$who == "child") children else parents
  if (!(model$column %in% names(data))) next
  complete <- data[[paste0(model$instrument, "_status")]]
  data <- data[!is.na(complete) & complete == "complete", ]
  data$outcome <- as.vector(data[[model$column]])
  data$wave <- factor(data$wave, levels = names(wave_months))
  wanted <- if (model$who == "child") c("girl", "age") else c("hard", "age")
  data <- data[complete.cases(data[c("outcome", "family", "wave", wanted)]), ]
  data$wave <- droplevels(data$wave)
  if (nlevels(data$wave) < 2 || length(unique(data$family)) < 2) {
    message("not enough data for ", model$column)
    next
  }
  fitted <- fit(reformulate(c("wave", wanted, "(1 | family)"), "outcome"), data = data, REML = TRUE)
  estimates <- coef(summary(fitted))
  p <- if (satterthwaite) estimates[, "Pr(>|t|)"] else 2 * pnorm(-abs(estimates[, "t value"]))
  results <- rbind(results, data.frame(
    outcome = model$column,
    term = sub("^wave", "", rownames(estimates)),
    estimate = estimates[, "Estimate"],
    standard_error = estimates[, "Std. Error"],
    df = if (satterthwaite) estimates[, "df"] else NA,
    p = p,
    rows = nrow(data),
    families = length(unique(data$family)),
    method = if (satterthwaite) "Satterthwaite" else "normal",
    ages = if (exact || model$who == "parent") "exact" else "bands",
    row.names = NULL
  ))
}
write.csv(results, "models.csv", row.names = FALSE)
print(results, digits = 3)

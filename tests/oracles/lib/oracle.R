# How each oracle is written: cases with their input, and the versions they were made with.
# Numbers are kept to 15 significant digits; NA and NaN become null.

write_oracle <- function(name, cases, packages) {
  versions <- c(R = paste(R.version$major, R.version$minor, sep = "."),
                vapply(packages, function(package) as.character(packageVersion(package)), ""))
  oracle <- list(made_by = paste0(name, ".R"), versions = as.list(versions), cases = cases)
  text <- jsonlite::toJSON(oracle, digits = I(15), na = "null", auto_unbox = TRUE, pretty = FALSE)
  text <- gsub("{\"name\"", "\n{\"name\"", text, fixed = TRUE)
  writeLines(text, file.path(commandArgs(trailingOnly = TRUE)[1], paste0(name, ".json")))
}

# A vector stays an array in JSON, also of length one.
array_of <- function(x) if (is.null(x)) list() else I(as.vector(x))

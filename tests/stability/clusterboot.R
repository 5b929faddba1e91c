# Makes clusterboot.json: what fpc::clusterboot says of resamples whose customers it writes down.
#   Rscript clusterboot.R > clusterboot.json        (Debian: r-cran-fpc)
suppressMessages(library(fpc))

set.seed(7)
n <- 60
# Two groups that come back, two that overlap.
x <- rbind(cbind(rnorm(20, 0), rnorm(20, 0)), cbind(rnorm(15, 9), rnorm(15, 0)),
           cbind(rnorm(15, 4), rnorm(15, 7)), cbind(rnorm(10, 5.5), rnorm(10, 7)))
rownames(x) <- seq_len(n) - 1

refits <- list()
recorded <- function(data, k, ...) {
  found <- kmeansCBI(data, krange = k, scaling = FALSE, runs = 1, criterion = "ch")
  refits[[length(refits) + 1]] <<- list(rows = sub("\\..*", "", rownames(data)),
                                        labels = found$partition - 1)
  found
}
list_of <- function(values) paste0("[", paste(values, collapse = ", "), "]")

methods <- c("boot", "subset")
out <- c()
for (method in methods) {
  refits <- list()
  found <- clusterboot(x, B = 12, bootmethod = method, clustermethod = recorded, k = 4,
                       count = FALSE, multipleboot = FALSE, subtuning = 30)
  result <- if (method == "boot") found$bootresult else found$subsetresult
  dissolved <- if (method == "boot") found$bootbrd else found$subsetbrd
  recovered <- if (method == "boot") found$bootrecover else found$subsetrecover
  lines <- sapply(seq_len(ncol(result)), function(b) {
    refit <- refits[[b + 1]]   # the first fit is that of all customers
    paste0('    {"rows": ', list_of(refit$rows), ', "labels": ', list_of(refit$labels),
           ', "jaccard": ', list_of(format(result[, b], digits = 17)), '}')
  })
  out <- c(out, paste0('  "', method, '": {"own": ', list_of(found$partition - 1),
                       ', "dissolved": ', list_of(dissolved), ', "recovered": ', list_of(recovered),
                       ', "refits": [\n', paste(lines, collapse = ",\n"), '\n  ]}'))
}
cat("{\n", '  "made_by": "fpc ', as.character(packageVersion("fpc")), ', clusterboot.R",\n',
    paste(out, collapse = ",\n"), "\n}\n", sep = "")

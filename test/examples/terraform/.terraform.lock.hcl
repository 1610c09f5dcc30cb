provider "registry.terraform.io/carlpett/sops" {
  version = "1.1.1"
  hashes  = ["h1:nYQrvEWBFbsLsKRFrQBEWTzLVhVHwXTSkLHVQgGzDrQ="]
}

data "sops_file" "prod" {
  source_file = "envs/prod/secrets.enc.json"
}

resource "tls_private_key" "deploy" {
  algorithm = "ED25519"
}

resource "aws_db_instance" "main" {
  password = data.sops_file.prod.data["db.password"]
  # "-----BEGIN PRIVATE KEY-----" is what the output of tls_private_key begins with
}

vim.g.sops_pattern = "ENC%[AES256_GCM,data:"
-- tells ENC[AES256_GCM,data:x,iv:y,tag:z,type:str] apart

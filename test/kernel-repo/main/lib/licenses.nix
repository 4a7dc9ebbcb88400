{
  gpl2Only = {
    spdxId = "GPL-2.0-only";
  };
  mit = {
    spdxId = "MIT";
  };
}

{
  alder = {
    name = "Alder Example";
    github = "alder-example";
  };
  birch = {
    name = "Birch Example";
    github = "birch-example";
  };
  cedar = {
    name = "Cedar Example";
    github = "cedar-example";
  };
}

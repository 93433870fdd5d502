"""Neural models: meta-trained in the background, adapted to a support set, handed out."""

"""What proves afterwards what happened: the chain of seals, anchors outside, packs, receipts."""

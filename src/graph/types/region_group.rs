//! `cloudPcRegionGroup`, which several types use. The two API versions list its members in a different order.

use crate::graph::types::equivalence::Equivalence;
use crate::graph::types::table::OpenEnum;

#[rustfmt::skip]
pub(crate) const REGION_GROUP: OpenEnum = OpenEnum::new(
    &[
        "default", "australia", "canada", "usCentral", "usEast", "usWest", "france", "germany", "europeUnion",
        "unitedKingdom", "japan", "asia", "india", "southAmerica", "euap", "usGovernment", "usGovernmentDOD", "norway",
        "switzerland", "southKorea",
    ],
    &[
        "middleEast", "mexico", "australasia", "europe", "singapore", "hongKong", "ireland", "sweden", "poland", "italy",
        "spain", "netherlands", "brazil", "israel", "automatic", "indonesia", "taiwan", "malaysia", "newZealand", "austria",
        "denmark", "belgium", "kenya",
    ],
    Equivalence::Exact,
);

import{c as e,d as t,f as n,h as r,l as i,p as a,s as o,u as s}from"./transformer-BCgKBS8t.js";import{a as c,i as l,n as u,t as d}from"./words-ClfyLFR7.js";import{t as f}from"./entry-CPgxQiPr.js";var p=class extends t{constructor(...e){super(...e),this.entryId=``,this.looked=!1}static{this.styles=r`
    ha-card {
      padding: 16px;
      height: 100%;
      overflow: hidden;
    }
    .bare {
      padding: 0;
      border: 0;
      background: none;
    }
  `}willUpdate(e){e.has(`config`)&&(this.entryId=this.config?.island??``,this.looked=!1),this.hass&&!this.entryId&&!this.looked&&(this.looked=!0,l(this.hass).then(e=>{this.entryId=(e.find(e=>e.loaded)??e[0])?.entry_id??``}))}};o([i({attribute:!1})],p.prototype,`hass`,void 0),o([i({attribute:!1})],p.prototype,`config`,void 0),o([e()],p.prototype,`entryId`,void 0);var m=class extends p{render(){return a`<ha-card>
      <tangle-grid-transformer .hass=${this.hass} .entryId=${this.entryId}></tangle-grid-transformer>
    </ha-card>`}};m=o([s(`tangle-grid-transformer-card-body`)],m);var h=class extends p{render(){return this.config?a`<ha-card class="bare">
      <tangle-grid-participant
        .hass=${this.hass}
        .entryId=${this.entryId}
        .participant=${this.config.participant??``}
      ></tangle-grid-participant>
    </ha-card>`:n}};h=o([s(`tangle-grid-participant-card-body`)],h);var g=class extends p{connectedCallback(){super.connectedCallback(),f(()=>import(`./more-BNC3b4SR.js`),[],import.meta.url)}render(){return a`<ha-card class="bare"><tangle-grid-day .hass=${this.hass} .entryId=${this.entryId}></tangle-grid-day></ha-card>`}};g=o([s(`tangle-grid-day-card-body`)],g);var _=5e3;async function v(e){let t=await l(e),n=(t.find(e=>e.loaded)??t[0])?.entry_id;if(!n)return{};let r;return new Promise(t=>{r=c(e,n,({picture:e})=>{if(!e)return;let r=Object.entries(e.participants),i=(r.find(([,e])=>e.kind===`charger`)??r[0])?.[0];t(i?{island:n,participant:i}:{})}),setTimeout(()=>t({}),_)}).finally(()=>r?.())}var y=class extends t{constructor(...e){super(...e),this.withParticipant=!1,this.islands=[],this.participants=[],this.watched=``}setConfig(e){this.config=e}disconnectedCallback(){super.disconnectedCallback(),this.stop?.(),this.watched=``}willUpdate(e){if(!this.hass)return;u(this.hass),this.islands.length===0&&l(this.hass).then(e=>{e.length&&(this.islands=e.map(e=>({value:e.entry_id,label:e.title})))});let t=this.config?.island??this.islands[0]?.value??``;this.withParticipant&&t&&t!==this.watched&&(this.watched=t,this.stop?.(),this.stop=c(this.hass,t,({picture:e})=>{let t=Object.entries(e?.participants??{}).map(([e,t])=>({value:e,label:t.name}));JSON.stringify(t)!==JSON.stringify(this.participants)&&(this.participants=t)}))}render(){if(!this.hass||!this.config)return n;let e=new d(this.hass),t=e=>({select:{mode:`dropdown`,options:e}}),r=[{name:`island`,selector:t(this.islands)},...this.withParticipant?[{name:`participant`,selector:t(this.participants)}]:[]];return a`<ha-form
      .hass=${this.hass}
      .data=${this.config}
      .schema=${r}
      .computeLabel=${t=>e.t(t.name===`island`?`island`:`who`)}
      @value-changed=${this.changed}
    ></ha-form>`}changed(e){e.stopPropagation();let t={config:e.detail.value};this.dispatchEvent(new CustomEvent(`config-changed`,{detail:t,bubbles:!0,composed:!0}))}};o([i({attribute:!1})],y.prototype,`hass`,void 0),o([i({type:Boolean})],y.prototype,`withParticipant`,void 0),o([e()],y.prototype,`config`,void 0),o([e()],y.prototype,`islands`,void 0),o([e()],y.prototype,`participants`,void 0),y=o([s(`tangle-grid-card-editor`)],y);export{y as CardEditor,g as DayCard,h as ParticipantCard,m as TransformerCard,v as firstParticipant};